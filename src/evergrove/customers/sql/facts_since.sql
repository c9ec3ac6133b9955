-- facts_since --
-- One row per customer of whom the last run did not know something that counts today.
--   facts       orders and refunds, by any of their versions
--   first_day, last_day  between which they are dated
--   newest_seq  the newest import among them
-- News is what was recorded after import $after_seq, and what was recorded before but is dated after
-- $previous_day, up to which the last run counted. Nothing dated after $as_of is news yet.
with
facts as (
    select customer_id, order_date as day, import_seq
    from order_facts
    union all
    select customer_id, refund_date as day, import_seq
    from refund_facts
)
select
    customer_id,
    count(*) as facts,
    min(day) as first_day,
    max(day) as last_day,
    max(import_seq) as newest_seq
from facts
where day <= $as_of
    and import_seq <= $until_seq
    and (import_seq > $after_seq or day > $previous_day)
group by customer_id
