-- customer_costs --
-- What each customer of customer_summary has cost so far beside goods, in the order of customer_id.
--   acquisition  told of the customer, plus the part of advertising; NULL where neither tells anything
--   service      service, shipping, payment and the like; 0 where none is told
--   contact      likewise
with
told as (
    select
        customer_id,
        sum(amount) filter (where kind = 'acquisition') as acquisition,
        sum(amount) filter (where kind = 'service') as service,
        sum(amount) filter (where kind = 'contact') as contact
    from other_costs
    where customer_id is not null
    group by customer_id
)
select
    customer_summary.customer_id,
    cast(
        case
            when told.acquisition is not null or advertising_by_customer.spend is not null
                then coalesce(told.acquisition, 0) + coalesce(advertising_by_customer.spend, 0)
        end as decimal(18, 4)
    ) as acquisition,
    cast(coalesce(told.service, 0) as decimal(18, 4)) as service,
    cast(coalesce(told.contact, 0) as decimal(18, 4)) as contact
from customer_summary
left join told on customer_summary.customer_id = told.customer_id
left join advertising_by_customer on customer_summary.customer_id = advertising_by_customer.customer_id
order by customer_summary.customer_id
