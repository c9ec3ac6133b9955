-- odd_texts --
-- The distinct texts of one column that do not read plainly, and therefore need our own rules.
-- $plain: what reads plainly; $longest: longer texts never do.
select distinct text
from ingest_column
where text is not null and (not regexp_matches(text, $plain) or length(text) > $longest)
