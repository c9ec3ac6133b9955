-- rows --
-- One row per row of a file: typed values where the texts could be read, and beside each what was wrong.
-- Whatever does not read plainly was read by our own rules, text by text, and stands in a dictionary
-- (ingest_ids, ingest_days, ingest_amounts, ingest_words: kind, text, what it means, fault); a text that is
-- in none is plain. Typed files bring values instead of texts.
--   state       what the status says: paid, unpaid, cancelled, refunded; refund: the row itself is one; other: the row is
--               no order at all; null when it says nothing
--   returned    negative money or goods: a refund, never a purchase
--   mark        'total' for a row that adds up others, 'header' for a repeated header
--   is_paid_day  the date is that of payment: where it is blank and no status speaks, nothing was paid
-- $file: number of the file; $paid_only: the file's date is that of payment;
-- $has_amount_column: else the amount is quantity x price; $refunds_only: a file of refunds, each row money given back; $has_amounts: false where the file says nothing about money; $header_customer, $header_date: headers.
with
spelled as (
    select
        texts.line,
        coalesce(
            case when customers.text is null then customer_text else customers.id end,
            case when guests.text is null then guest_text else guests.id end
        ) as customer_id,
        customers.fault as customer_fault,
        case when orders.text is null then order_text else orders.id end as order_id,
        orders.fault as order_fault,
        case when parents.text is null then parent_text else parents.id end as parent_id,
        days.day as paid_day,
        days.fault as paid_fault,
        created.day as created_day,
        created.fault as created_fault,
        coalesce(moment_value, date_text, created_text) as moment,
        coalesce(amount_value, case when amounts.text is null then try_cast(amount_text as decimal(18, 4)) else amounts.value end) as amount,
        amounts.fault as amount_fault,
        coalesce(amounts.currency, quantities.currency, prices.currency) as sign_currency,
        coalesce(quantity_value, case when quantities.text is null then try_cast(quantity_text as decimal(18, 4)) else quantities.value end) as quantity,
        quantities.fault as quantity_fault,
        coalesce(price_value, case when prices.text is null then try_cast(price_text as decimal(18, 4)) else prices.value end) as price,
        prices.fault as price_fault,
        abs(coalesce(refund_value, case when refunds.text is null then try_cast(refund_text as decimal(18, 4)) else refunds.value end)) as refund,
        refunds.fault as refund_fault,
        refund_days.day as refund_day,
        case
            when cancellations.word = 'given' then 'cancelled'
            when after_sales.word = 'refunded' and coalesce(statuses.word, '') not in ('unpaid', 'cancelled') then 'refunded'
            when statuses.word <> 'none' then statuses.word
        end as state,
        currencies.word as currency,
        currencies.fault as currency_fault,
        versions.word as updated,
        line_text as line_id,
        product_text as product,
        coalesce(products.word = 'non_product', false) as is_non_product,
        case
            when customer_text = $header_customer and coalesce(date_text, '') = $header_date then 'header'
            when coalesce(firsts.word, first_customers.word, first_orders.word, first_dates.word) = 'total' then 'total'
        end as mark
    from ingest_texts as texts
    left join ingest_ids as customers on customers.kind = 'customer' and customers.text = texts.customer_text
    left join ingest_ids as guests on guests.kind = 'guest' and guests.text = texts.guest_text
    left join ingest_ids as orders on orders.kind = 'order' and orders.text = texts.order_text
    left join ingest_ids as parents on parents.kind = 'parent' and parents.text = texts.parent_text
    left join ingest_days as days on days.kind = 'date' and days.text = texts.date_key
    left join ingest_days as created on created.kind = 'created' and created.text = texts.created_text
    left join ingest_days as refund_days on refund_days.kind = 'refund_date' and refund_days.text = texts.refund_date_text
    left join ingest_amounts as amounts on amounts.kind = 'amount' and amounts.text = texts.amount_text
    left join ingest_amounts as quantities on quantities.kind = 'quantity' and quantities.text = texts.quantity_text
    left join ingest_amounts as prices on prices.kind = 'price' and prices.text = texts.price_text
    left join ingest_amounts as refunds on refunds.kind = 'refund' and refunds.text = texts.refund_text
    left join ingest_words as statuses on statuses.kind = 'status' and statuses.text = texts.status_text
    left join ingest_words as after_sales on after_sales.kind = 'after_sale' and after_sales.text = texts.after_sale_text
    left join ingest_words as cancellations on cancellations.kind = 'cancelled' and cancellations.text = texts.cancelled_text
    left join ingest_words as currencies on currencies.kind = 'currency' and currencies.text = texts.currency_text
    left join ingest_words as versions on versions.kind = 'updated' and versions.text = texts.updated_text
    left join ingest_words as products on products.kind = 'product' and products.text = texts.product_text
    left join ingest_words as firsts on firsts.kind = 'total' and firsts.text = texts.first_text
    left join ingest_words as first_customers on first_customers.kind = 'total' and first_customers.text = texts.customer_text
    left join ingest_words as first_orders on first_orders.kind = 'total' and first_orders.text = texts.order_text
    left join ingest_words as first_dates on first_dates.kind = 'total' and first_dates.text = texts.date_text
),
priced as (
    select
        *,
        case
            when $refunds_only then -refund
            when state = 'refund' then -abs(coalesce(refund, amount, try_cast(quantity * price as decimal(18, 4))))
            when $has_amount_column then amount
            else try_cast(quantity * price as decimal(18, 4))
        end as paid,
        case when $has_amount_column then amount_fault else coalesce(quantity_fault, price_fault) end as paid_amount_fault
    from spelled
)
select
    $file as file,
    line,
    customer_id,
    customer_fault,
    order_id,
    order_fault,
    parent_id,
    case
        when paid_day is not null then paid_day
        when paid_fault is null and (not $paid_only or coalesce(state, '') in ('paid', 'refunded')) then created_day
    end as day,
    coalesce(paid_fault, case when paid_day is null then created_fault end) as day_fault,
    moment,
    case when $has_amounts then paid else 0 end as amount,
    paid_amount_fault as amount_fault,
    quantity,
    price,
    case when not $refunds_only and coalesce(state, '') <> 'refund' then refund end as refund,
    refund_fault,
    refund_day,
    state,
    $paid_only as is_paid_day,
    coalesce(currency, sign_currency, nullif($file_currency, '')) as currency,
    currency_fault,
    updated,
    line_id,
    product,
    is_non_product,
    coalesce(paid < 0, false) or coalesce(quantity < 0, false) as returned,
    mark
from priced
