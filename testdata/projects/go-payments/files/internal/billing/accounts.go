package billing

func extend(customer string) {}

func end(customer string) {}

func refresh(account string) {}

func forget(account string) {}
