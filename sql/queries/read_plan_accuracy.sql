SELECT a.quantity, a.days, a.counted, a.pinball, a.below50, a.coverage80, a.brier
FROM dayahead.plan_accuracy_30d AS a
WHERE a.role = 'champion'
ORDER BY array_position(ARRAY['peak', 'volume', 'total', 'total_peak', 'total_volume', 'risk'], a.quantity);
