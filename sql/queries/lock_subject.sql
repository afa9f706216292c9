SELECT dayahead.take(:subject);
