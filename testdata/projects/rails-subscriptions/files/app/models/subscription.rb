class Subscription < ApplicationRecord
  belongs_to :user

  def self.extend_for(invoice)
    find_by!(customer: invoice.customer).update!(paid_until: Time.zone.at(invoice.lines.first.period.end))
  end

  def self.end_for(subscription)
    find_by!(customer: subscription.customer).update!(paid_until: Time.current)
  end
end
