-- line_verdicts --
-- Rows of line grain that do not count: conflict, or duplicate; rows that stay are not listed.
-- Identical lines inside one order are kept: two of the same article are two. A line whose customer or
-- currency differs from its order's first line is a conflict. An order that stands in several files is a
-- version where a line recurs (the newest file's lines win), and one order in parts where none does. With an
-- updated_at, of one line's versions the greatest wins.
with
candidates as (
    select
        judged.*,
        files.rank,
        files.grain,
        coalesce(line_id, product, concat_ws('|', coalesce(cast(amount as varchar), ''), coalesce(moment, ''))) as line_key
    from ingest_judged as judged
    inner join ingest_files as files on files.file = judged.file
    left join ingest_verdicts as verdicts on verdicts.file = judged.file and verdicts.line = judged.line
    where judged.code is null and judged.order_id is not null and verdicts.line is null
),
anchored as (
    select
        *,
        first_value(customer_id) over (partition by order_id order by file, line) as first_customer,
        first_value(currency) over (partition by order_id order by file, line) as first_currency
    from candidates
),
agreeing as (
    select * from anchored
    where customer_id = first_customer and coalesce(currency, '') = coalesce(first_currency, '')
),
recurring as (
    select distinct order_id
    from (
        select order_id, line_key from agreeing group by order_id, line_key having min(file) <> max(file)
        union all
        select order_id, '' as line_key from agreeing group by order_id having min(grain) <> max(grain)
    ) as shared
),
newest_file as (
    select agreeing.order_id, max_by(file, concat_ws(' ', coalesce(updated, ''), lpad(cast(rank as varchar), 9, '0'))) as file
    from agreeing
    inner join recurring on recurring.order_id = agreeing.order_id
    group by agreeing.order_id
),
newest_line as (
    select order_id, line_key, max(updated) as updated
    from agreeing
    where updated is not null
    group by order_id, line_key
)
select file, line, 'conflict' as verdict
from anchored
where customer_id <> first_customer or coalesce(currency, '') <> coalesce(first_currency, '')
union all
select agreeing.file, agreeing.line, 'duplicate' as verdict
from agreeing
left join newest_file on newest_file.order_id = agreeing.order_id
left join newest_line on newest_line.order_id = agreeing.order_id and newest_line.line_key = agreeing.line_key
where coalesce(newest_file.file <> agreeing.file, false)
    or coalesce(coalesce(agreeing.updated, '') < newest_line.updated, false)
