SELECT dayahead.settle(:id, :moved);
