<?php
class Stripe_Donations {
    public function webhook() {
        $event = json_decode(file_get_contents('php://input'));
        switch ($event->type) {
            case 'invoice.paid': $this->donated($event->data->object); break;
        }
        wp_send_json(['ok' => true]);
    }
}
