-- What the naive rules would have cost on the same steps; NULL in rows that were written before.
ALTER TABLE dayahead.scores
ADD COLUMN wape_seasonal_naive_day double precision,
ADD COLUMN wape_seasonal_naive_week double precision,
ADD COLUMN wape_seasonal_naive_mean double precision;

COMMENT ON COLUMN dayahead.scores.wape_seasonal_naive_day IS
'WAPE of the same time yesterday on the same steps, from readings before the same cutoff. The three are NULL of a challenger, before
revision 027, where a site has no reading in the 28 days before, and where wape is.';
COMMENT ON COLUMN dayahead.scores.wape_seasonal_naive_week IS 'WAPE of the same time a week ago.';
COMMENT ON COLUMN dayahead.scores.wape_seasonal_naive_mean IS 'WAPE of the mean of both.';
