<?php
// admin page
$types = ['invoice.paid', 'charge.failed'];
$wanted = isset($_POST['type']) ? $_POST['type'] : 'all';
echo "<select>"; foreach ($types as $t) { echo "<option>$t</option>"; } echo "</select>";
