-- target_mature_share --
-- One row per customer with revenue in the 365 days that end with the day on which they stand in stood_after:
--   above  the revenue of those who are mature then, else 0
--   below  the revenue, net of refunds
select
    case when stage = 'mature' then cast(spend_12m as double) else 0.0 end as above,
    cast(spend_12m as double) as below
from stood_after
where spend_12m is not null and spend_12m <> 0
order by customer_id
