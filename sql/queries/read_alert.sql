SELECT a.delivered, a.problem FROM dayahead.alerts AS a
WHERE a.kind = :kind AND a.target_day = :target_day AND a.subject = :subject
FOR UPDATE;
