-- order_verdicts --
-- Rows of order grain whose order id came before: duplicate, or conflict; rows that stay are not listed.
-- One id with one content is a duplicate. Other content is a conflict inside a file, the first row wins;
-- with an updated_at, and across files, it is a version, and the greatest wins, unless customer, currency or
-- day changed, which is a conflict. Several refunds of one order are no versions of each other.
-- Files carry their rank: the later their last order day, the later the export; and whether the first row of an order
-- simply counts (first_wins).
with
candidates as (
    select
        judged.*,
        class = 'refund' as is_return,
        files.rank,
        files.first_wins,
        concat_ws(
            '|', coalesce(customer_id, ''), coalesce(moment, ''), coalesce(cast(amount as varchar), ''),
            coalesce(cast(refund as varchar), ''), coalesce(state, ''), coalesce(currency, ''), coalesce(parent_id, '')
        ) as content
    from ingest_judged as judged
    inner join ingest_files as files on files.file = judged.file
    where judged.code is null and judged.order_id is not null and (files.grain = 'order' or not $any_lines)
),
repeated as (
    select order_id, is_return from candidates group by order_id, is_return having count(*) > 1
),
grouped as (
    select
        candidates.*,
        row_number() over in_order as nth,
        row_number() over (partition by candidates.order_id, candidates.is_return, content order by file, line) as nth_of_content,
        first_value(customer_id) over in_order as first_customer,
        first_value(currency) over in_order as first_currency,
        first_value(day) over in_order as first_day,
        first_value(content) over (partition by candidates.order_id, candidates.is_return, file order by line) as first_content,
        row_number() over (partition by candidates.order_id, candidates.is_return, file order by line) as nth_in_file,
        max(updated) over (partition by candidates.order_id, candidates.is_return) as newest
    from candidates
    inner join repeated on repeated.order_id = candidates.order_id and repeated.is_return = candidates.is_return
    window in_order as (partition by candidates.order_id, candidates.is_return order by file, line)
),
settled as (
    select
        *,
        case
            when first_wins and nth > 1 then 'duplicate'
            when is_return then case when nth_of_content > 1 then 'duplicate' end
            when customer_id <> first_customer or currency <> first_currency or day <> first_day then 'conflict'
            when newest is null and nth_in_file > 1
                then case when content = first_content then 'duplicate' else 'conflict' end
        end as verdict
    from grouped
),
versions as (
    select
        *,
        row_number() over (
            partition by order_id order by coalesce(updated, '') desc, rank desc, content desc, line
        ) as nth_version
    from settled
    where verdict is null and not is_return
)
select file, line, verdict from settled where verdict is not null
union all
select file, line, 'duplicate' as verdict from versions where nth_version > 1
