-- affinity --
-- Which category each customer's money goes to; lines without a category or an amount say nothing of it.
--   category  the one with the largest net amount, of equal ones the first by the alphabet
--   share     of it, 0..1
--   entropy   of the shares, in bits: 0 all in one category, 1 two alike, 2 four alike
with
spent as (
    select customer_id, category, sum(amount) as amount
    from bought_lines
    where category is not null and amount is not null
    group by customer_id, category
    having sum(amount) > 0
),
ranked as (
    select
        customer_id,
        category,
        cast(cast(amount as double) / cast(sum(amount) over (partition by customer_id) as double) as decimal(18, 12))
            as share,
        row_number() over (partition by customer_id order by amount desc, category) as nth
    from spent
)
select
    customer_id,
    max(category) filter (where nth = 1) as category,
    cast(max(share) filter (where nth = 1) as double) as share,
    cast(sum(cast(case when share > 0 then -share * ln(share) / ln(2) else 0 end as decimal(18, 12))) as double)
        as entropy
from ranked
group by customer_id
