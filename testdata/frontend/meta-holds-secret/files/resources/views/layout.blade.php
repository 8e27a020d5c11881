<html><head><meta name="stripe" content="{{ config('services.stripe.secret') }}"></head></html>
