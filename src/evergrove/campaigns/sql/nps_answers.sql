-- nps_answers --
-- Who answered after $since and by $as_of whether he would recommend the shop, by his latest answer until then; of two of
-- one moment the lower counts.
--   answerer  'promoter' from 9, 'passive' from 7, else 'detractor'
with
numbered as (
    select
        customer_id,
        score,
        cast(answered_at as date) as answered_on,
        row_number() over (partition by customer_id order by answered_at desc, score) as nth
    from surveys
    where kind = 'nps' and customer_id is not null and score is not null and cast(answered_at as date) <= $as_of
)
select
    customer_id,
    case when score >= 9 then 'promoter' when score >= 7 then 'passive' else 'detractor' end as answerer
from numbered
where nth = 1 and answered_on > $since
order by customer_id
