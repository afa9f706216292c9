SELECT dayahead.add_found_sites(CAST(:names AS text[]), :timezone);
