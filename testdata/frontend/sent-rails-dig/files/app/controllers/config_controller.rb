class ConfigController < ApplicationController
  def show
    render json: { key: Rails.application.credentials.dig(:stripe, :secret_key) }
  end
end
