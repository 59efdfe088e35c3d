-- Job D for DuckDB, run by ../shared/bench/duck.mjs: every cell and row checked as C.sql there does, what
-- is wrong listed, groups against their stated totals, and the valid rows as they are, in their order.
CREATE TEMP TABLE checked AS
SELECT * EXCLUDE (f, m),
       (CASE WHEN length(period) = 10 AND TRY_CAST(period AS DATE) IS NOT NULL THEN 0 ELSE 1 END)
     | (CASE WHEN regexp_full_match(iso3, '[A-Z]{3}') THEN 0 ELSE 2 END)
     | (CASE WHEN length(country) > 0 THEN 0 ELSE 4 END)
     | (CASE WHEN length(mission) BETWEEN 1 AND 16 THEN 0 ELSE 8 END)
     | (CASE WHEN personnel_type IN ('Experts on Mission', 'Formed Police Units', 'Individual Police',
                                     'Police', 'Staff Officer', 'Troops') THEN 0 ELSE 16 END)
     | (CASE WHEN f IS NULL THEN 32 ELSE 0 END)
     | (CASE WHEN m IS NULL THEN 64 ELSE 0 END)
     | (CASE WHEN t IS NULL THEN 128 ELSE 0 END)
     | (CASE WHEN f + m <> t THEN 256 ELSE 0 END) AS wrong
FROM (SELECT *, TRY_CAST(female AS UINTEGER)::BIGINT f, TRY_CAST(male AS UINTEGER)::BIGINT m,
                TRY_CAST(total AS UINTEGER)::BIGINT t
      FROM read_csv('{IN}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
                    new_line = '\n',
                    columns = {'period': 'VARCHAR', 'iso3': 'VARCHAR', 'country': 'VARCHAR',
                               'mission': 'VARCHAR', 'personnel_type': 'VARCHAR', 'female': 'VARCHAR',
                               'male': 'VARCHAR', 'total': 'VARCHAR'}));

COPY (SELECT * EXCLUDE (t) FROM checked WHERE wrong <> 0) TO '{OUT}.wrong' (HEADER);

COPY (SELECT coalesce(a.period, b.period) period, coalesce(a.mission, b.mission) mission, a.s, b.total
      FROM (SELECT period, mission, sum(t) AS s FROM checked WHERE wrong & 137 = 0 GROUP BY ALL) a
      FULL OUTER JOIN (SELECT * FROM read_csv('{TOT}', header = true,
                       columns = {'period': 'VARCHAR', 'mission': 'VARCHAR', 'total': 'BIGINT'})) b
      USING (period, mission)
      WHERE a.s IS DISTINCT FROM b.total) TO '{OUT}.groups' (HEADER);

COPY (SELECT period, iso3, country, mission, personnel_type, female, male, total
      FROM checked WHERE wrong = 0) TO '{OUT}' (HEADER);
