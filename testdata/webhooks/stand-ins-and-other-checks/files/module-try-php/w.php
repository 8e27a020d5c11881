<?php
try { $db = new PDO($dsn); } catch (PDOException $e) { error_log($e); }
$event = \Stripe\Webhook::constructEvent(file_get_contents('php://input'), $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
if ($event->type === 'invoice.paid') { extend($event); }
