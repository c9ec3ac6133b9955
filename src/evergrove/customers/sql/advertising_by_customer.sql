-- advertising_by_customer --
-- Each customer's part of advertising, one row per customer of a month of which any spend is told: equal parts that
-- add up to the ten-thousandth; what does not divide goes to the first by customer_id.
with
months as (
    select distinct month
    from advertising
),
numbered as (
    select
        customer_id,
        month,
        coalesce(source, '') as source,
        row_number() over (partition by month, coalesce(source, '') order by customer_id) as nth,
        count(*) over (partition by month, coalesce(source, '')) as customers
    from acquired
),
pots as (
    select
        numbered.customer_id,
        numbered.nth,
        numbered.customers,
        cast(coalesce(advertising.spend, 0) * 10000 as bigint) as units
    from numbered
    inner join months on numbered.month = months.month
    left join advertising on numbered.month = advertising.month and numbered.source = advertising.source
),
parts as (
    select
        customer_id,
        cast((units - units % customers) / customers as bigint)
        + case when nth <= abs(units % customers) then cast(sign(units) as bigint) else 0 end as units
    from pots
)
select customer_id, cast(cast(units as decimal(18, 0)) / 10000 as decimal(18, 4)) as spend
from parts
