"""What the gallery does. No HTTP here: routes call, and put into JSON what comes back."""
