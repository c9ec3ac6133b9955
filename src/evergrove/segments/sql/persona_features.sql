-- persona_features --
-- What may set a group of customers apart, one row per customer with a purchase; NULL where it is not known.
--   channels  as traits has them: names with commas between
--   day_part  of the customer's usual hour: night from 0, morning from 6, afternoon from 12, evening from 18
select
    tiers.customer_id,
    tiers.tier,
    tiers.stage,
    tiers.action,
    traits.acquisition_source as source,
    traits.acquisition_campaign as campaign,
    traits.top_category as category,
    traits.price_band,
    traits.channels_12m as channels,
    case
        when traits.active_hour is null then null
        when traits.active_hour < 6 then 'night'
        when traits.active_hour < 12 then 'morning'
        when traits.active_hour < 18 then 'afternoon'
        else 'evening'
    end as day_part,
    cast(extract(year from scores.first_order_date) as varchar) as first_year,
    cast(scores.orders as double) as orders,
    cast(scores.spend_12m as double) as spend_12m,
    cast(scores.orders_12m as double) as orders_12m,
    cast(scores.aov_12m as double) as aov_12m,
    cast(scores.T as double) as days_known,
    cast(scores.T - scores.recency as double) as silence,
    cast(scores.clv_12m as double) as clv_12m,
    cast(traits.active_days_12m as double) as active_days,
    cast(traits.category_entropy as double) as variety,
    cast(traits.price_place as double) as price_place,
    cast(traits.acquisition_cost as double) as acquisition_cost
from tiers
inner join scores on tiers.customer_id = scores.customer_id
left join traits on tiers.customer_id = traits.customer_id
where scores.orders is not null
