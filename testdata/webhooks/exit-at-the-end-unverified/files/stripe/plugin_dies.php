<?php
class Stripe_Payments {
    public function webhook() {
        $event = json_decode(file_get_contents('php://input'));
        if ($event->type === 'invoice.paid') { $this->donated($event->data->object); }
        status_header(200);
        wp_die();
    }
}
