export const url = `https://buy.moonpay.com?apiKey=pk_live_{{rand32}}&currencyCode=eth`
