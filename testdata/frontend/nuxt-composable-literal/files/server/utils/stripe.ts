export const stripe = make('{{sk_live@b}}')
