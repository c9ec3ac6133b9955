-- traits --
-- What the tables beside orders say of each customer of customer_summary, in the order of customer_id; NULL where
-- there is no such table ($has_events, $has_costs), or it does not tell.
with
goods as (
    select customer_id, sum(cost) as cost
    from costed_orders
    where order_date <= $observation_end
    group by customer_id
)
select
    cast(customer_summary.customer_id as varchar) as customer_id,
    acquired.source as acquisition_source,
    acquired.campaign as acquisition_campaign,
    customer_costs.acquisition as acquisition_cost,
    cast(goods.cost as decimal(18, 4)) as cost_of_goods,
    case when $has_costs then customer_costs.service end as service_cost,
    case when $has_costs then customer_costs.contact end as contact_cost,
    channels.channels as channels_12m,
    case when $has_events then coalesce(channels.active_days, 0) end as active_days_12m,
    channels.by_channel as active_days_by_channel_12m,
    active_hours.hour as active_hour,
    active_hours.strength as active_hour_strength,
    affinity.category as top_category,
    affinity.share as top_category_share,
    affinity.entropy as category_entropy,
    price_bands.place as price_place,
    price_bands.band as price_band,
    last_bought.product as last_product
from customer_summary
left join acquired on customer_summary.customer_id = acquired.customer_id
left join customer_costs on customer_summary.customer_id = customer_costs.customer_id
left join goods on customer_summary.customer_id = goods.customer_id
left join channels on customer_summary.customer_id = channels.customer_id
left join active_hours on customer_summary.customer_id = active_hours.customer_id
left join affinity on customer_summary.customer_id = affinity.customer_id
left join price_bands on customer_summary.customer_id = price_bands.customer_id
left join last_bought on customer_summary.customer_id = last_bought.customer_id
order by customer_summary.customer_id
