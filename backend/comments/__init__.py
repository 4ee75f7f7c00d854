"""Comments on images, by those whom a gallery lets comment and by whoever made them."""
