"""What several test folders share: a browser, a served app, an upstream, a well-formed reply."""
