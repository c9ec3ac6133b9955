-- segment_consent --
-- What each customer's words for a purpose on a channel come to; who said nothing has no row.
select customer_id, state as value
from consents
where purpose = $purpose and channel = $channel
