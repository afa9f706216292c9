(%(search)s = '' OR position(lower(%(search)s) IN lower(o.site)) > 0) AND (%(key)s = '' OR o.labels ->> %(key)s = %(value)s)
