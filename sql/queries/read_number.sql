coalesce(t.{name}::double precision, 'NaN')
