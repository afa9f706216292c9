INSERT INTO dayahead.alerts (kind, target_day, subject, message)
VALUES (%(kind)s, %(target_day)s, %(subject)s, %(message)s)
ON CONFLICT (kind, target_day, subject) DO NOTHING;
