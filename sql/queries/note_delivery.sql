UPDATE dayahead.alerts SET delivered = CAST(:delivered AS text[]), problem = :problem
WHERE kind = :kind AND target_day = :target_day AND subject = :subject;
