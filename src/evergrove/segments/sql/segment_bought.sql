-- segment_bought --
-- Who bought a product, a category or a brand ($what, $value) after $since, up to $as_of. The line's own words
-- come before those of its article.
select distinct orders.customer_id, true as value
from order_lines
inner join orders on order_lines.order_id = orders.order_id
left join products on order_lines.product_id = products.product_id
where
    orders.order_date > $since and orders.order_date <= $as_of
    and coalesce(order_lines.quantity, 1) > 0
    and case $what
        when 'product' then order_lines.product_id
        when 'category' then coalesce(order_lines.category, products.category)
        when 'brand' then coalesce(order_lines.brand, products.brand)
    end = $value
