UPDATE dayahead.alerts SET delivered = %(delivered)s::text[], problem = %(problem)s
WHERE kind = %(kind)s AND target_day = %(target_day)s AND subject = %(subject)s;
