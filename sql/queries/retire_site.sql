UPDATE dayahead.sites SET retired_at = CASE WHEN :retired THEN coalesce(retired_at, now()) END WHERE site = :name;
