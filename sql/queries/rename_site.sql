SELECT dayahead.rename_site(:name, :new_name);
