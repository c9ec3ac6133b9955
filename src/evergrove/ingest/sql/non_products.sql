-- non_products --
-- Which of the known codes that are no product a column holds, and how often.
-- $prefixes: pattern of codes that go on.
select text, cast(count(*) as bigint) as row_count
from ingest_column
where lower(trim(text)) in (select code from ingest_codes) or regexp_matches(lower(text), $prefixes)
group by text
