class DocumentsController < ApplicationController
  # Stripe is used elsewhere
  def create
    Document.create!(kind: params[:type], data: params[:data])
    head :ok
  end
end
