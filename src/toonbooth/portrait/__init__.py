"""What is in a photo: faces, landmarks, irises, the person's matte. Imports only `imaging`."""
