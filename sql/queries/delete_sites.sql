DELETE FROM dayahead.traffic WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.quarantine WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.forecasts WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.attention WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.scores WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.sites WHERE site = ANY(%(sites)s);
