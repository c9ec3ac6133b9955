-- order_export --
-- The simulated shop's rows as a shop system would export them: one row per order, contact columns
-- repeated on each, refunds of an order in its own row, other refunds as negative rows.
--   amount, refund_amount  stored in ten-thousandths; written with two decimals
select
    'A' || lpad(cast(rows.number as varchar), 8, '0')                        as order_id,
    'C' || lpad(cast(rows.customer as varchar), 6, '0')                      as customer_id,
    names.name                                                               as name,
    '100' || lpad(cast(rows.customer as varchar), 8, '0')                    as phone,
    'c' || lpad(cast(rows.customer as varchar), 6, '0') || '@mail.example'   as email,
    rows.ordered_at                                                          as ordered_at,
    statuses.name                                                            as status,
    cast(cast(rows.amount as decimal(14, 0)) * 0.0001 as decimal(18, 2))     as amount,
    cast(cast(rows.refund as decimal(14, 0)) * 0.0001 as decimal(18, 2))     as refund_amount,
    $currency                                                                as currency,
    channels.name                                                            as channel,
    categories.name                                                          as category,
    categories.prefix || '-' || lpad(cast(rows.product + 1 as varchar), 3, '0') as product
from shop_rows as rows
inner join shop_people as people on rows.customer = people.customer
inner join shop_names as names on people.name = names.code
inner join shop_channels as channels on people.channel = channels.code
inner join shop_statuses as statuses on rows.status = statuses.code
inner join shop_categories as categories on rows.category = categories.code
order by rows.ordered_at, rows.customer, rows.number
