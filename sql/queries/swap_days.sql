SELECT dayahead.swap_days(%(parents)s::text[], %(days)s::date[], %(roles)s::text[], %(said)s::text[]);
