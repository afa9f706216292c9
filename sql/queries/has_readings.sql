SELECT EXISTS (SELECT FROM dayahead.traffic AS t WHERE t.ts BETWEEN :first AND :last);
