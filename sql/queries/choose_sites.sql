(:search = '' OR position(lower(:search) IN lower(o.site)) > 0) AND (:key = '' OR o.labels ->> :key = :value)
