INSERT INTO dayahead.alerts (kind, target_day, subject, message)
VALUES (:kind, :target_day, :subject, :message)
ON CONFLICT (kind, target_day, subject) DO NOTHING;
