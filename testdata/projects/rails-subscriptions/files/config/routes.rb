Rails.application.routes.draw do
  resources :gifts, only: %i[new create]
  resource :subscription
  post "webhooks/stripe", to: "webhooks/stripe#create"
  post "stripe/connect", to: "stripe_connect#create"
end
