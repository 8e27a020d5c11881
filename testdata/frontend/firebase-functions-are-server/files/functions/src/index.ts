import Stripe from 'stripe';
const stripe = new Stripe('{{sk_test}}');
