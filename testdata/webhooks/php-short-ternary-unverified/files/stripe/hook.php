<?php
$event = json_decode(file_get_contents('php://input') ?: '{}', true);
switch ($event['type']) { case 'invoice.paid': finish($event); break; }
