-- segment_answer --
-- The score of each customer's latest answer of a kind, up to $as_of; of two of one moment the lower.
with
numbered as (
    select customer_id, score, row_number() over (partition by customer_id order by answered_at desc, score) as nth
    from surveys
    where customer_id is not null and kind = $kind and cast(answered_at as date) <= $as_of
)
select customer_id, cast(score as double) as value
from numbered
where nth = 1
