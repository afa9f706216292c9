SELECT a.delivered, a.problem FROM dayahead.alerts AS a
WHERE a.kind = %(kind)s AND a.target_day = %(target_day)s AND a.subject = %(subject)s
FOR UPDATE;
