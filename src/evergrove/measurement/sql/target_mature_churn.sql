-- target_mature_churn --
-- Customers who were mature before the quarter and are still known at its end, and how many of them stand in churned.
select
    count(*) as customers,
    count(case when stood_after.stage = 'churned' then 1 end) as successes
from stood_before
inner join stood_after on stood_before.customer_id = stood_after.customer_id
where stood_before.stage = 'mature' and stood_after.stage is not null
